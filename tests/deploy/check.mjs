// Two checks that come from npm: cdk-nag's AWS Solutions rules over the template as CloudFormation gets it, and
// asl-validator over the state machine files.
//
//   node check.mjs <transformed template> <folder of rendered state machines> [where npm installed]
import { mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const [template, machines, modules] = process.argv.slice(2).map((path) => resolve(path));
const require = createRequire(join(modules, 'package.json'));
const { App, Stack, Validations } = require('aws-cdk-lib');
const { CfnInclude } = require('aws-cdk-lib/cloudformation-include');
const { AwsSolutionsChecks } = require('cdk-nag');
const validate = require('asl-validator');

const exceptions = JSON.parse(readFileSync(join(dirname(fileURLToPath(import.meta.url)), 'nag-exceptions.json'), 'utf8'));

/** Every finding of cdk-nag, as `rule @ logical id`. */
function findings() {
  const outdir = mkdtempSync(join(tmpdir(), 'nag-'));
  try {
    const app = new App({ outdir, analyticsReporting: false });
    const stack = new Stack(app, 'Stack');
    new CfnInclude(stack, 'Template', { templateFile: template });
    Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
    // It prints its whole report; what is not explained is printed below.
    const write = process.stderr.write;
    process.stderr.write = () => true;
    try {
      app.synth();
    } catch (error) {
      // So ends every synthesis with findings; the report is written by then.
      if (!String(error).includes('Validation failed')) throw error;
    } finally {
      process.stderr.write = write;
    }
    const report = JSON.parse(readFileSync(join(outdir, 'validation-report.json'), 'utf8'));
    return report.pluginReports
      .filter((each) => each.pluginName === 'AwsSolutions')
      .flatMap((each) => each.violations)
      .flatMap(({ ruleName, violatingConstructs }) =>
        violatingConstructs.map(({ constructPath }) => `${ruleName} @ ${constructPath.split('/').pop()}`));
  } finally {
    rmSync(outdir, { recursive: true });
  }
}

const found = findings();
const matches = (finding, { rule, resources }) => {
  const [name, resource] = finding.split(' @ ');
  return name === rule && resources.includes(resource);
};
const unexplained = found.filter((finding) => !exceptions.some((exception) => matches(finding, exception)));
const stale = exceptions.flatMap(({ rule, resources }) =>
  resources.map((resource) => `${rule} @ ${resource}`)).filter((each) => !found.includes(each));

const problems = [
  ...unexplained.map((finding) => `cdk-nag: ${finding}`),
  ...stale.map((each) => `nag-exceptions.json explains what is not found: ${each}`),
];
if (found.length === 0) problems.push('cdk-nag found nothing at all, not even what is explained: did it run?');

for (const file of readdirSync(machines)) {
  const definition = JSON.parse(readFileSync(join(machines, file), 'utf8'));
  const { isValid, errorsText } = validate(definition);
  if (!isValid) problems.push(`asl-validator: ${file}: ${errorsText()}`);
  // It would find a mistake:
  const broken = structuredClone(definition);
  broken.StartAt = 'Nowhere';
  if (validate(broken).isValid) problems.push(`asl-validator takes ${file} with a start that is not there`);
}

for (const problem of problems) console.error(problem);
console.log(`cdk-nag: ${found.length} findings, ${found.length - unexplained.length} explained; ` +
  `asl-validator: ${readdirSync(machines).length} state machine(s); ${problems.length} problems`);
process.exitCode = problems.length > 0 ? 1 : 0;
