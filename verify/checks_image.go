package verify

// IDImageSnapStart is the id of a check that package pipeline names.
const IDImageSnapStart = "image-snapstart"

const (
	lambdaMediaType = "The image manifest, config or layer media type for the source image … is not supported"
	lambdaLayer     = "UnsupportedImageLayerDetected - Layer Digest sha256:…"
)

// The checks of images. Sources: AWS Lambda developer guide, "Create a Lambda
// function using a container image" and "Lambda quotas"; API reference, ImageConfig; OCI
// image specification 1.1; and, for what Lambda refuses in a layer,
// aspect-build/rules_aws#145.
var (
	idImageArchive    = InImage.check(Check{ID: "image-archive", Proves: "the archive or directory has one image, whose parts are all there", Hint: "make it with bootzip package --image, or save it again: docker save, podman save, skopeo copy", Fixed: true})
	idImageIndex      = InImage.check(Check{ID: "image-index", Proves: "the file is one image for one platform, not an index", Lambda: lambdaMediaType, Hint: "push the image for one platform: docker build --provenance=false --platform=linux/arm64, or bootzip push --arch=arm64", Fixed: true})
	idImageMediaType  = InImage.check(Check{ID: "image-media-type", Proves: "manifest, configuration and layers have either OCI's or Docker's types, not both, and layers are tars compressed with gzip, or plain in an archive of docker save", Lambda: lambdaMediaType, Hint: "build it with gzip layers and without attestations, artifacts and foreign layers"})
	idImageDigest     = InImage.check(Check{ID: "image-digest", Proves: "each part has its declared size and digest", Hint: "fetch or save the image again", Fixed: true})
	idImagePlatform   = InImage.check(Check{ID: "image-platform", Proves: "the image is for Linux, and for the architecture of its program", Lambda: lambdaExecFormat, Hint: "build it for linux/arm64 or linux/amd64, with a program for that"})
	idImageEntryPoint = InImage.check(Check{ID: "image-entry-point", Proves: "the entry point is an executable file of the image, in directories that everyone can enter", Lambda: "Runtime.InvalidEntrypoint", Hint: `set ENTRYPOINT ["/var/task/bootstrap"] in its exec form, and mode 0755 for it and its directories`})
	idImageDirectory  = InImage.check(Check{ID: "image-working-directory", Proves: "the working directory is a directory of the image that everyone can enter", Lambda: "Runtime.InvalidWorkingDir", Hint: "set WORKDIR to an existing directory, with an absolute path and mode 0755; the home of another user, such as /home/nonroot, is often not accessible"})
	idImageSettings   = InImage.check(Check{ID: "image-settings", Proves: "entry point, command and working directory are within Lambda's limits", Lambda: "Runtime.InvalidTaskConfig", Hint: "1,500 items and 1,000 characters (API reference, ImageConfig)"})
	idImageSize       = InImage.check(Check{ID: "image-size", Proves: "all layers together have at most 10 GB uncompressed", Hint: "leave out what the function does not need", Fixed: true})
	idImageManifest   = InImage.check(Check{ID: "image-manifest-size", Severity: SeverityWarn, Proves: "the manifest has less than 25,400 bytes, as Lambda recommends", Hint: "use fewer layers, and fewer annotations"})
	idImageLayer      = InImage.check(Check{ID: "image-layer", Proves: "each layer can be decompressed and read to its end", Lambda: lambdaLayer, Hint: "build or fetch the image again", Fixed: true})
	idImageName       = InImage.check(Check{ID: "image-name", Proves: "names in a layer are clean and unique, so that they unpack where they should", Lambda: lambdaLayer, Hint: "make the layer with another tool"})
	idImageParent     = InImage.check(Check{ID: "image-parent", Proves: "each directory of a file has its own entry", Lambda: lambdaLayer, Hint: "add the directories to the layer, before their contents: Docker creates missing ones, Lambda does not"})
	idImageLink       = InImage.check(Check{ID: "image-link", Severity: SeverityWarn, Proves: "there are no hard links", Lambda: lambdaLayer, Hint: "copy the file, or make a symbolic link"})
	idImageSpecial    = InImage.check(Check{ID: "image-special-file", Proves: "there are no device files, pipes and sockets", Lambda: lambdaLayer, Hint: "leave them out"})
	idImageMode       = InImage.check(Check{ID: "image-mode", Severity: SeverityWarn, Proves: "everyone can read the function's files: Lambda runs it as its own user", Hint: "give files mode 0644 or 0755, and directories 0755"})
	idImageHistory    = InImage.check(Check{ID: "image-history", Severity: SeverityWarn, Proves: "the history has one entry for each layer", Hint: "build it with a tool that writes the history"})
	idImageSecret     = InImage.check(Check{ID: "image-secret", Severity: SeverityWarn, Proves: "no secrets of the build are in it", Hint: "add them to .dockerignore, and build again: a later layer only hides them"})
	_                 = InImage.check(Check{ID: IDImageSnapStart, Proves: "the label for SnapStart, if set or required, is Allow", Hint: "set the label com.amazonaws.lambda.feature.snapstart to Allow, or use a runtime with hooks and leave it out"})
)
