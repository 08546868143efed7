import { render, screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { describe, expect, it, vi } from "vitest";
import { AlertDialog } from "./AlertDialog";
import { Dialog, Sheet } from "./Dialog";
import { Menu, MenuChoice, MenuItem, MenuLine, MenuRadio, MenuTitle } from "./Menu";

describe("Dialog and Sheet", () => {
  it.each([
    ["dialog", Dialog],
    ["sheet", Sheet],
  ])("a %s has a name, takes the focus and closes by Escape and button", async (_, Window) => {
    const change = vi.fn();
    render(
      <Window open onOpenChange={change} title="Filters" description="What is shown">
        <input aria-label="Name" />
      </Window>,
    );
    const shown = screen.getByRole("dialog", { name: "Filters" });
    expect(shown.contains(document.activeElement)).toBe(true);
    await userEvent.click(screen.getByRole("button", { name: "Close" }));
    await userEvent.keyboard("{Escape}");
    expect(change).toHaveBeenCalledWith(false);
    expect(change).toHaveBeenCalledTimes(2);
  });
});

describe("AlertDialog", () => {
  it("names the effect and waits for the typed word", async () => {
    const confirm = vi.fn();
    render(
      <AlertDialog
        open
        onOpenChange={vi.fn()}
        title="Delete docker-1?"
        effect="3 jobs are cancelled."
        confirm="Delete"
        typeToConfirm="docker-1"
        onConfirm={confirm}
      />,
    );
    const asked = screen.getByRole("alertdialog", { name: "Delete docker-1?" });
    expect(asked.textContent).toContain("3 jobs are cancelled.");
    const button = screen.getByRole<HTMLButtonElement>("button", { name: "Delete" });
    expect(button.disabled).toBe(true);
    await userEvent.type(screen.getByLabelText("Type docker-1 to go on"), "docker-1");
    await userEvent.click(button);
    expect(confirm).toHaveBeenCalledOnce();
  });
});

describe("Menu", () => {
  it("opens by keyboard, runs entries, and stays open for choices", async () => {
    const [run, choose, pick] = [vi.fn(), vi.fn(), vi.fn()];
    render(
      <Menu trigger={<button type="button">More</button>} label="More">
        <MenuTitle>Actions</MenuTitle>
        <MenuItem onSelect={run}>Re-run</MenuItem>
        <MenuLine />
        <MenuChoice checked={false} onChange={choose}>
          Provider
        </MenuChoice>
        <MenuRadio
          value="dark"
          onChange={pick}
          options={[
            { value: "dark", label: "Dark" },
            { value: "light", label: "Light" },
          ]}
        />
      </Menu>,
    );
    screen.getByRole("button", { name: "More" }).focus();
    await userEvent.keyboard("{Enter}");
    await userEvent.click(screen.getByRole("menuitemcheckbox", { name: "Provider" }));
    expect(choose).toHaveBeenCalledWith(true);
    await userEvent.click(screen.getByRole("menuitemradio", { name: "Light" }));
    expect(pick).toHaveBeenCalledWith("light");
    screen.getByRole("button", { name: "More" }).focus();
    await userEvent.keyboard("{Enter}{Enter}");
    expect(run).toHaveBeenCalledOnce();
  });
});
