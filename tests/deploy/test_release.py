"""A release is whole: its template names what lies beside it, and the SBOM lists what is linked."""

import re
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

import release
import templates


class Release(unittest.TestCase):
    def test_the_template_names_a_zip_for_every_function_and_no_build(self):
        functions = {path.parent.name for path in templates.ROOT.glob("functions/*/Cargo.toml")}
        for arch in release.ARCHITECTURES:
            template = release.released_template(arch)
            zips = {
                body["Properties"]["CodeUri"]
                for body in template["Resources"].values()
                if body["Type"] == templates.FUNCTION
            }
            self.assertEqual(zips, {f"{arch}/{name}.zip" for name in functions})
            self.assertNotIn("BuildMethod", str(template))
            self.assertEqual(template["Parameters"]["Architecture"]["AllowedValues"], [arch])

    def test_the_written_template_is_valid(self):
        with tempfile.TemporaryDirectory() as folder:
            release.write(Path(folder))
            program = Path(sys.executable).parent / "cfn-lint"
            files = sorted(map(str, Path(folder).glob("template-*.yaml")))
            self.assertEqual(len(files), 2)
            run = subprocess.run([program, *files], capture_output=True, text=True)
            self.assertEqual(run.returncode, 0, run.stdout)

    def test_the_sbom_lists_what_is_linked_with_licence_and_checksum(self):
        components = {each["name"]: each for each in release.sbom()["components"]}
        self.assertLessEqual({"lambda_runtime", "redis", "aws-sdk-elasticache", "domain", "signal"}, set(components))
        for name in ("local-cloud", "elasticache-stand-in", "proptest", "insta"):
            self.assertNotIn(name, components, "is not linked into a function")
        for name, component in components.items():
            self.assertIn("licenses", component, name)
            if "hashes" in component:
                self.assertRegex(component["hashes"][0]["content"], re.compile("^[0-9a-f]{64}$"))
        without = {name for name, component in components.items() if "hashes" not in component}
        workspace = {path.parent.name for path in templates.ROOT.glob("functions/*/Cargo.toml")} | {"adapters", "domain", "pages"}
        self.assertEqual(without, workspace)


# What the functions are built from in two versions, and why that cannot be helped.
TWICE = {
    "base64": "lambda_runtime and hyper-util have not the same; ours is lambda_runtime's",
    "syn": "runs in the compiler alone: derive macros of two generations",
}


class Dependencies(unittest.TestCase):
    def test_nothing_is_there_in_two_versions_but_what_is_explained(self):
        linked = [each["name"] for each in release.sbom()["components"]]
        self.assertEqual({name for name in linked if linked.count(name) > 1}, set(TWICE))

    def test_one_tls_stack_and_one_http_stack_are_linked(self):
        linked = [each["name"] for each in release.sbom()["components"]]
        for name in ("rustls", "hyper", "h2", "http"):
            self.assertEqual(linked.count(name), 1, name)
        self.assertNotIn("native-tls", linked)
        self.assertNotIn("openssl", linked)
        self.assertEqual(len({"ring", "aws-lc-rs"} & set(linked)), 1, "two cryptography providers")


if __name__ == "__main__":
    unittest.main()
