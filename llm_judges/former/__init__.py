"""The path before runs, until `labelling` is on the new one. To be deleted then."""
