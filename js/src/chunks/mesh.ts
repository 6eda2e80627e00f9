/** Meshes: GLB and glTF (with Draco and meshopt), OBJ, PLY, STL. */
import type { BufferGeometry, LoadingManager, Object3D } from "three";
import { MeshoptDecoder } from "three/examples/jsm/libs/meshopt_decoder.module.js";
import { DRACOLoader } from "three/examples/jsm/loaders/DRACOLoader.js";
import { GLTFLoader } from "three/examples/jsm/loaders/GLTFLoader.js";
import { OBJLoader } from "three/examples/jsm/loaders/OBJLoader.js";
import { PLYLoader } from "three/examples/jsm/loaders/PLYLoader.js";
import { STLLoader } from "three/examples/jsm/loaders/STLLoader.js";
import { type Read, scene } from "../three/scene";
import type { Draco, Engine } from "../three/solid";

const READERS: Record<string, Read> = {
	glb: gltf,
	gltf,
	obj: async (file, manager) =>
		new OBJLoader(manager).parse(new TextDecoder().decode(file)),
	ply: async (file, manager) => cloud(new PLYLoader(manager).parse(file)),
	stl: async (file, manager) => new STLLoader(manager).parse(file),
};

async function gltf(
	file: ArrayBuffer,
	manager: LoadingManager,
	draco: Draco | null,
): Promise<Object3D> {
	const loader = new GLTFLoader(manager).setMeshoptDecoder(MeshoptDecoder);
	const urls: string[] = [];
	const decoder = draco ? new DRACOLoader(manager) : null;
	if (draco && decoder) {
		urls.push(address(draco.wrapper, "text/javascript"));
		urls.push(address(draco.wasm as BlobPart, "application/wasm"));
		const [js = "", wasm = ""] = urls;
		loader.setDRACOLoader(decoder.setDecoderPath({ js, wasm }));
	}
	try {
		const { scene: object, animations } = await loader.parseAsync(file, "");
		object.animations = animations;
		return object;
	} finally {
		decoder?.dispose();
		urls.forEach(URL.revokeObjectURL);
	}
}

/** Mark what has no faces, to be drawn as points. */
function cloud(geometry: BufferGeometry): BufferGeometry {
	geometry.userData.isCloud = geometry.index === null;
	return geometry;
}

function address(part: BlobPart, type: string): string {
	return URL.createObjectURL(new Blob([part], { type }));
}

export const open: Engine["open"] = (box, file, extension, draco) => {
	const read = READERS[extension];
	return read
		? scene(box, file, read, draco)
		: Promise.reject(new Error(`No viewer reads .${extension} files.`));
};
