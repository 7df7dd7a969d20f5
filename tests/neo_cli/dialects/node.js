// Answers each line of JSON, {"parser": …, "text": …}, with what that parser makes of the text, as a line of JSON.
const dotenv = require("dotenv");
const dotenv16 = require("dotenv-16");
const yaml = require("yaml");

const parsers = {
  dotenv: dotenv.parse,
  "dotenv-16": dotenv16.parse,
  "yaml-1.2": (text) => yaml.parse(text),
  "yaml-1.1": (text) => yaml.parse(text, { version: "1.1" }),
  json: JSON.parse,
};

require("readline")
  .createInterface({ input: process.stdin })
  .on("line", (line) => {
    const { parser, text } = JSON.parse(line);
    process.stdout.write(JSON.stringify(parsers[parser](text)) + "\n");
  });
