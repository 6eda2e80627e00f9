/** Google's decoder of Draco meshes, for the chunk `mesh`. */
import wasm from "three/examples/jsm/libs/draco/gltf/draco_decoder.wasm";
import wrapper from "three/examples/jsm/libs/draco/gltf/draco_wasm_wrapper.js" with {
	type: "text",
};

export { wasm, wrapper };
