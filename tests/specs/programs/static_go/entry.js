import { greet } from "./lib.js";
import data from "./data.json";
console.log(greet(data.name));
