/** Thumbnails as addresses for `<img>`, the most recently used of them: each holds memory until it is revoked. */
const MOST = 600;

export class Pictures {
	readonly #urls = new Map<number, string>();

	/** Keep a picture of a cell in place of the one before. */
	put(id: number, data: DataView, mime: string): void {
		this.#drop(id);
		this.#urls.set(
			id,
			URL.createObjectURL(new Blob([data as BlobPart], { type: mime })),
		);
		const [oldest] = this.#urls.keys();
		if (this.#urls.size > MOST && oldest !== undefined) {
			this.#drop(oldest);
		}
	}

	/** The address of a cell's picture; "" if it is not here, or no longer. */
	get(id: number): string {
		const url = this.#urls.get(id) ?? "";
		if (url) {
			this.#urls.delete(id);
			this.#urls.set(id, url); // now the last to go
		}
		return url;
	}

	has(id: number): boolean {
		return this.#urls.has(id);
	}

	clear(): void {
		for (const id of [...this.#urls.keys()]) {
			this.#drop(id);
		}
	}

	#drop(id: number): void {
		const url = this.#urls.get(id);
		if (url) {
			URL.revokeObjectURL(url);
			this.#urls.delete(id);
		}
	}
}
