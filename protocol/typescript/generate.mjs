// Writes index.d.ts from ../openrpc.json:  npm install && npm run generate   (with --check: fails when it is stale)
import { readFile, writeFile } from "node:fs/promises";
import { compile } from "json-schema-to-typescript";

const document = JSON.parse(await readFile(new URL("../openrpc.json", import.meta.url), "utf8"));
const definitions = JSON.parse(
  JSON.stringify(document.components.schemas).replaceAll("#/components/schemas/", "#/definitions/"),
);
const pascal = (name) => name.replace(/(^|[-.])(\w)/g, (_, __, letter) => letter.toUpperCase());
const calls = document.methods.filter((method) => method.result);
const typeOf = (method) => {
  const { $ref, type } = method.result.schema;
  return $ref ? $ref.split("/").pop() : type === "null" ? "null" : "Record<string, unknown>";
};

for (const method of calls) {
  const properties = Object.fromEntries(
    method.params.map(({ name, description, schema }) => [
      name,
      { description, ...JSON.parse(JSON.stringify(schema).replaceAll("#/components/schemas/", "#/definitions/")) },
    ]),
  );
  definitions[`${pascal(method.name)}Params`] = {
    description: `Parameters of \`${method.name}\`.`,
    type: "object",
    properties,
    required: method.params.filter((param) => param.required).map((param) => param.name),
    additionalProperties: method.params.length === 0,
  };
}

const types = await compile({ definitions, title: "_Root", type: "object" }, "_Root", {
  bannerComment: "// Made from ../openrpc.json by generate.mjs: do not edit.",
  additionalProperties: true,
  unreachableDefinitions: true,
});
const rows = calls.map((method) => {
  const optional = method.params.some((param) => param.required) ? "" : " | undefined";
  return `  /** ${method.summary}. */\n  ${JSON.stringify(method.name)}: { params: ${pascal(method.name)}Params${optional}; result: ${typeOf(method)} };`;
});
const wanted = `${types.replace(/export interface _?Root \{[^}]*\}\n/, "")}
/** Every method, with what it takes and gives. */
export interface Methods {
${rows.join("\n")}
}
`;

const file = new URL("index.d.ts", import.meta.url);
if (process.argv.includes("--check")) {
  const found = await readFile(file, "utf8").catch(() => "");
  if (found !== wanted) {
    console.error("protocol/typescript/index.d.ts is out of date: npm run generate");
    process.exit(1);
  }
} else {
  await writeFile(file, wanted);
}
