/** FBX: a chunk of its own, since with the others it would be larger than a chunk may be. */
import { FBXLoader } from "three/examples/jsm/loaders/FBXLoader.js";
import { scene } from "../three/scene";
import type { Engine } from "../three/solid";

export const open: Engine["open"] = (box, file) =>
	scene(
		box,
		file,
		async (data, manager) => new FBXLoader(manager).parse(data, ""),
		null,
	);
