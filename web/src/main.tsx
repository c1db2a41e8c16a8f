// The entry: draws the page and connects it.
import { render } from "preact";
import { App } from "./app";
import { start } from "./app-state";
import { applyPreferences } from "./preferences";
import "./styles/base.css";
import "./styles/controls.css";
import "./styles/forms.css";
import "./styles/shell.css";
import "./styles/uploads.css";
import "./styles/library.css";

const root = document.getElementById("app");
if (root === null) throw new Error("index.html has no #app");
await applyPreferences();
render(<App />, root);
start();
