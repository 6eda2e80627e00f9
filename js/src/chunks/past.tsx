/** What opens over the rows of a history. It has a Preact of its own, and draws into the box that it is given. */
import { render } from "preact";
import type { Drawing } from "../core/drawn";
import { Opened, type Props } from "../past/overlays";

export const draw: Drawing<Props>["draw"] = (box, what) =>
	render(what && <Opened key={what.overlay.kind} {...what} />, box);
