/**
 * A mesh, lit and turned. One engine for all formats: what reads a format is given to it, so that each chunk holds only
 * the readers it is for.
 */
import {
	AnimationMixer,
	Box3,
	BufferGeometry,
	DoubleSide,
	LoadingManager,
	type Material,
	Mesh,
	MeshStandardMaterial,
	NeutralToneMapping,
	type Object3D,
	PerspectiveCamera,
	PMREMGenerator,
	Points,
	PointsMaterial,
	Scene,
	Sphere,
	Spherical,
	Timer,
	WebGLRenderer,
} from "three";
import { OrbitControls } from "three/examples/jsm/controls/OrbitControls.js";
import { RoomEnvironment } from "three/examples/jsm/environments/RoomEnvironment.js";
import type { Draco, Solid } from "./solid";

/** What a reader makes of a file: an object, or a geometry that wants a material. */
export type Read = (
	file: ArrayBuffer,
	manager: LoadingManager,
	draco: Draco | null,
) => Promise<Object3D | BufferGeometry>;

const FIELD = 35;
const TURN = Math.PI / 24;
const NEARER = 0.9;
const POSTER_BYTES = 200_000;
const POSTER_EDGE = 640;

/** Show a file in a box. Rejects with one line for the user. */
export async function scene(
	box: HTMLElement,
	file: ArrayBuffer,
	read: Read,
	draco: Draco | null,
): Promise<Solid> {
	const object = solidOf(await read(file, closed(), draco));
	const renderer = new WebGLRenderer({ antialias: true, alpha: true });
	renderer.toneMapping = NeutralToneMapping;
	renderer.setPixelRatio(Math.min(devicePixelRatio, 2));
	const world = new Scene();
	const maker = new PMREMGenerator(renderer);
	const room = new RoomEnvironment();
	world.environment = maker.fromScene(room, 0.04).texture;
	room.dispose();
	maker.dispose();
	world.add(object);
	const camera = new PerspectiveCamera(FIELD, 1, 0.01, 100);
	const controls = new OrbitControls(camera, renderer.domElement);
	controls.enableDamping = false;
	const ball = new Box3().setFromObject(object).getBoundingSphere(new Sphere());
	const { animations } = object;
	const mixer = animations.length > 0 ? new AnimationMixer(object) : null;
	for (const clip of animations) {
		mixer?.clipAction(clip).play();
	}
	const timer = new Timer();
	let frame = 0;
	let isTold = false;

	function render(): void {
		renderer.render(world, camera);
	}

	/** Draw with the next frame; and go on while something moves by itself. */
	function draw(): void {
		cancelAnimationFrame(frame);
		frame = requestAnimationFrame(() => {
			timer.update();
			mixer?.update(timer.getDelta());
			if (controls.autoRotate) {
				controls.update();
			}
			render();
			if (mixer || controls.autoRotate) {
				draw();
			}
		});
	}

	function moved(): void {
		draw();
		if (!isTold && !controls.autoRotate) {
			solid.onView?.(solid.view());
		}
	}

	/** Show it whole, from the front right. */
	function whole(): void {
		const radius = ball.radius || 1;
		const far = (1.15 * radius) / Math.sin((FIELD * Math.PI) / 360);
		camera.near = radius / 100;
		camera.far = far + 20 * radius;
		camera.updateProjectionMatrix();
		controls.target.copy(ball.center);
		camera.position.set(0.6, 0.45, 1).setLength(far).add(ball.center);
		controls.update();
		draw();
	}

	/** Go round the target, or nearer to it. */
	function orbit(theta: number, phi: number, share: number): void {
		const offset = camera.position.clone().sub(controls.target);
		const place = new Spherical().setFromVector3(offset);
		place.theta += theta;
		place.phi += phi;
		place.radius *= share;
		place.makeSafe();
		camera.position.setFromSpherical(place).add(controls.target);
		controls.update();
		moved();
	}

	const sized = new ResizeObserver(() => {
		const { clientWidth, clientHeight } = box;
		if (clientWidth > 0 && clientHeight > 0) {
			renderer.setSize(clientWidth, clientHeight);
			camera.aspect = clientWidth / clientHeight;
			camera.updateProjectionMatrix();
			render();
		}
	});

	const solid: Solid = {
		triangles: trianglesOf(object),
		onView: null,
		onLost: null,
		press(key: string): boolean {
			const does: Record<string, () => void> = {
				ArrowLeft: () => orbit(-TURN, 0, 1),
				ArrowRight: () => orbit(TURN, 0, 1),
				ArrowUp: () => orbit(0, -TURN, 1),
				ArrowDown: () => orbit(0, TURN, 1),
				"+": () => orbit(0, 0, NEARER),
				"=": () => orbit(0, 0, NEARER),
				"-": () => orbit(0, 0, 1 / NEARER),
				"0": whole,
			};
			does[key]?.();
			return key in does;
		},
		reset: whole,
		wireframe(isOn: boolean): void {
			for (const material of materialsOf(object)) {
				if ("wireframe" in material) {
					material.wireframe = isOn;
				}
			}
			draw();
		},
		rotate(isOn: boolean): void {
			controls.autoRotate = isOn;
			draw();
		},
		light(exposure: number): void {
			renderer.toneMappingExposure = exposure;
			draw();
		},
		view() {
			const { x, y, z } = camera.position;
			const { target } = controls;
			return {
				kind: "camera",
				position: [x, y, z],
				target: [target.x, target.y, target.z],
			};
		},
		show({ position, target }): void {
			isTold = true;
			camera.position.set(...position);
			controls.target.set(...target);
			controls.update();
			isTold = false;
			draw();
		},
		picture(): string {
			render();
			const picture = smaller(renderer.domElement);
			const [good, poor] = [0.8, 0.4].map((quality) =>
				picture.toDataURL("image/webp", quality),
			);
			return good && good.length < POSTER_BYTES ? good : (poor ?? "");
		},
		dispose(): void {
			cancelAnimationFrame(frame);
			sized.disconnect();
			controls.dispose();
			world.environment?.dispose();
			object.traverse((part) => {
				if (part instanceof Mesh || part instanceof Points) {
					part.geometry.dispose();
				}
			});
			for (const material of materialsOf(object)) {
				material.dispose();
			}
			renderer.dispose();
			renderer.forceContextLoss();
			renderer.domElement.remove();
		},
	};
	renderer.domElement.addEventListener("webglcontextlost", () =>
		solid.onLost?.(),
	);
	controls.addEventListener("change", moved);
	box.append(renderer.domElement);
	sized.observe(box);
	whole();
	return solid;
}

/** What a file may refer to: only what it holds itself. Everything else would be a request to who knows where. */
function closed(): LoadingManager {
	const manager = new LoadingManager();
	manager.setURLModifier((url) => {
		if (!/^(data|blob):/.test(url)) {
			throw new Error("This mesh wants other files, which are not fetched.");
		}
		return url;
	});
	return manager;
}

/** Give a geometry a material: a surface, or points where it has no faces. */
function solidOf(read: Object3D | BufferGeometry): Object3D {
	if (!(read instanceof BufferGeometry)) {
		return read;
	}
	const vertexColors = read.hasAttribute("color");
	if (read.userData.isCloud) {
		return new Points(read, new PointsMaterial({ size: 0.01, vertexColors }));
	}
	if (!read.hasAttribute("normal")) {
		read.computeVertexNormals();
	}
	const color = vertexColors ? 0xffffff : 0xb8bcc4;
	return new Mesh(
		read,
		new MeshStandardMaterial({
			color,
			vertexColors,
			roughness: 0.6,
			side: DoubleSide,
		}),
	);
}

function materialsOf(object: Object3D): (Material & { wireframe?: boolean })[] {
	const found = new Set<Material>();
	object.traverse((part) => {
		if (part instanceof Mesh || part instanceof Points) {
			for (const material of [part.material].flat()) {
				found.add(material);
			}
		}
	});
	return [...found];
}

function trianglesOf(object: Object3D): number {
	let count = 0;
	object.traverse((part) => {
		if (part instanceof Mesh) {
			const { index, attributes } = part.geometry as BufferGeometry;
			count += (index?.count ?? attributes.position?.count ?? 0) / 3;
		}
	});
	return Math.round(count);
}

/** A copy for a poster, at most 640 pixels large. */
function smaller(canvas: HTMLCanvasElement): HTMLCanvasElement {
	const share = Math.min(
		1,
		POSTER_EDGE / Math.max(canvas.width, canvas.height),
	);
	const copy = document.createElement("canvas");
	copy.width = Math.max(1, Math.round(canvas.width * share));
	copy.height = Math.max(1, Math.round(canvas.height * share));
	copy.getContext("2d")?.drawImage(canvas, 0, 0, copy.width, copy.height);
	return copy;
}
