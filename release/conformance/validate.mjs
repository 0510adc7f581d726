// Validates CycloneDX 1.6 documents in JSON: node validate.mjs FILE...
// Exit status 1 if one is invalid, with the reasons on standard output.
import { readFileSync } from 'node:fs'
import { Spec, Validation } from '@cyclonedx/cyclonedx-library'

const validator = new Validation.JsonStrictValidator(Spec.Version.v1dot6)
for (const file of process.argv.slice(2)) {
  const error = await validator.validate(readFileSync(file, 'utf8'))
  if (error !== null) {
    console.log(file, JSON.stringify(error, null, 1))
    process.exitCode = 1
  }
}
