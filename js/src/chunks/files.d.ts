declare module "*.wasm" {
	const bytes: Uint8Array;
	export default bytes;
}

declare module "*/draco_wasm_wrapper.js" {
	const text: string;
	export default text;
}
