/**
 * Making elements. Whatever comes from outside enters the page through here, and only as text:
 * nothing in this code base assigns `innerHTML`.
 */

type Attributes = Record<string, string | boolean>;

/** Make an element. A true attribute is set empty, a false one is left out. */
export function h<K extends keyof HTMLElementTagNameMap>(
	tag: K,
	attributes: Attributes = {},
	...children: (Node | string)[]
): HTMLElementTagNameMap[K] {
	const element = document.createElement(tag);
	for (const [name, value] of Object.entries(attributes)) {
		if (value !== false) {
			element.setAttribute(name, value === true ? "" : value);
		}
	}
	element.append(...children);
	return element;
}
