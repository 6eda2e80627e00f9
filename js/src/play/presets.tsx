import { useState } from "preact/hooks";
import { playWords } from "../core/words";
import { icons } from "../form/icons";
import { Tool } from "../view/icons";
import type { Table } from "./table";

const told = playWords;

/** Settings kept under a name: to take, to save, to forget. */
export function Presets({ table }: { table: Table }) {
	const [name, setName] = useState("");
	const presets = table.get("presets");
	const act = (act: "load" | "save" | "forget", name: string) =>
		table.say({ kind: "preset", act, name });
	return (
		<details
			class="rw-menu"
			onKeyDown={(event) => {
				if (event.key === "Escape" && event.currentTarget.open) {
					event.stopPropagation();
					event.currentTarget.open = false;
					event.currentTarget.querySelector("summary")?.focus();
				}
			}}
		>
			<summary class="rw-play-button">{told.presets}</summary>
			<div class="rw-menu-sheet">
				{presets.length === 0 && <p class="rw-quiet">{told.noPresets}</p>}
				<ul>
					{presets.map((preset) => (
						<li key={preset.name}>
							<button
								type="button"
								class="rw-menu-item"
								aria-label={told.loadPreset(preset.name)}
								onClick={(event) => {
									act("load", preset.name);
									const menu = event.currentTarget.closest("details");
									if (menu) {
										menu.open = false;
									}
								}}
							>
								<b>{preset.name}</b>
								<small class="rw-quiet">{preset.model}</small>
							</button>
							<Tool
								icon={icons.trash}
								label={told.forgetPreset(preset.name)}
								onPress={() => act("forget", preset.name)}
							/>
						</li>
					))}
				</ul>
				<form
					class="rw-menu-save"
					onSubmit={(event) => {
						event.preventDefault();
						if (name.trim()) {
							act("save", name.trim());
							setName("");
						}
					}}
				>
					<input
						class="rw-input"
						type="text"
						maxLength={60}
						aria-label={told.presetName}
						placeholder={told.presetName}
						value={name}
						onInput={({ currentTarget: { value } }) => setName(value)}
					/>
					<button type="submit" class="rw-play-button">
						{told.savePreset}
					</button>
				</form>
			</div>
		</details>
	);
}
