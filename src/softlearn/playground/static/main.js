// The page's entry: where its token is, and what the tests may look at.

import { start } from "./app.js";
import { connect } from "./transport.js";

const hash = new URLSearchParams(location.hash.slice(1));
// A link that was shared has no token; a page that had one in this window still has it.
const token = hash.get("token") ?? sessionStorage.getItem("token") ?? "";
if (token) sessionStorage.setItem("token", token);

start(document.getElementById("app"), connect(token));
