package command

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"github.com/spf13/cobra"

	"github.com/bootzip/bootzip/internal/hint"
	"github.com/bootzip/bootzip/pipeline"
	"github.com/bootzip/bootzip/project"
	"github.com/bootzip/bootzip/verify"
)

func (a *app) checkCommand() *cobra.Command {
	var options verify.Options
	var strict, boot bool
	var handlers, deploys []string
	var around bootFlags
	c := &cobra.Command{
		Use:        "check FILE...",
		Short:      "Prove that Lambda can start a zip made by any tool",
		SuggestFor: []string{"test"},
		Long: `Check proves that Lambda can start zips made by any tool, from any language. FILE is
a zip, a directory with zips, or a pattern such as 'dist/*.zip'; or an image: an
archive of an OCI image layout or of docker save (*.tar), oci:DIRECTORY, or
docker://REFERENCE in a registry.
Without --boot it starts nothing in a zip, so the zip need not be trusted. With --deploy it
compares deploy files (CloudFormation, SAM, cdk.out, serverless.yml, Terraform)
with these zips, or with those that they name, and with bootzip.yaml. It ends with
status 1 if a check fails, and with 2 if a file does not exist.`,
		Example: "  bootzip check function.zip --arch=arm64\n  bootzip check dist/hello-arm64.oci.tar --boot\n  bootzip check docker://registry.example.com/hello:v1\n  bootzip check 'dist/*.zip' --boot\n  bootzip check --deploy=template.yaml",
		Args: func(c *cobra.Command, args []string) error {
			if len(deploys) > 0 {
				return nil // the deploy files name zips
			}
			return some("FILE")(c, args)
		},
		RunE: func(c *cobra.Command, args []string) error {
			write, err := a.reportWriter()
			if err != nil {
				return err
			}
			if err := checkArch(options.Arch); err != nil {
				return err
			}
			if around.forBoot() && !boot {
				return misuse(hint.New("add --boot, which starts the function, for zips that you trust", "--env, --env-file, --event, --timeout and --memory are for the boot check"))
			}
			config := pipeline.CheckConfig{Strict: strict, Boot: boot, Qemu: findQemu()}
			if err := around.read(&config); err != nil {
				return err
			}
			args, images := takeImages(args)
			for _, i := range images {
				if _, err := os.Stat(i.Path); err != nil && i.Path != i.Name { // docker:// is not a file
					return misuse(err)
				}
			}
			files, err := zipFiles(args)
			if err != nil {
				return misuse(err)
			}
			deployFiles, err := readDeployFiles(deploys)
			if err != nil {
				return err
			}
			var layers []string
			if len(args)+len(images) == 0 {
				files, layers = pipeline.DeployedZips(deployFiles)
			}
			against := pipeline.DeployConfig{Strict: strict}
			if len(deployFiles) > 0 {
				p, _ := project.Load(".") // a deploy file can be checked without a project
				against.Root, against.Functions = p.Root, p.Functions
				against.Sole = len(args) > 0 && len(files) == 1
			}
			var zips []pipeline.Zip
			for i, f := range slices.Concat(files, layers) {
				known := zippedFunction(f, against.Functions)
				function := project.Function{Name: known.Name, Kind: known.Kind, Handlers: handlers}
				one := options
				switch {
				case c.Flags().Changed("kind") && one.Kind == verify.KindLayer:
					function.Kind = project.KindLayer
				case c.Flags().Changed("kind"):
					function.Kind = ""
				case i >= len(files), function.Kind.IsLayer():
					one.Kind = verify.KindLayer
				}
				zips = append(zips, pipeline.Zip{Function: function, Target: verify.Target{Path: f, Options: one}})
			}
			checked, err := pipeline.Check(c.Context(), config, zips)
			if err != nil && !boot {
				return misuse(err)
			}
			if err != nil {
				return err
			}
			for i := range images {
				images[i].Function = project.Function{Handlers: handlers}
				images[i].Options.Arch = options.Arch
			}
			against.Zips = checked
			return finish(c.Context(), config, images, against, deployFiles, write)
		},
	}
	f := c.Flags()
	f.StringVar((*string)(&options.Arch), "arch", "", "amd64 or arm64 (default: the program's own)")
	choice(c, (*string)(&options.Runtime), "runtime", "al2023 or al2: decides the glibc version", string(project.AL2023), string(project.AL2))
	choice(c, (*string)(&options.Kind), "kind", "function or layer", string(verify.KindFunction), string(verify.KindLayer))
	f.BoolVar(&strict, "strict", false, "warnings fail as well")
	f.BoolVar(&options.Dynamic, "dynamic", false, "allow a dynamically linked program")
	f.BoolVar(&options.WithLayer, "with-layer", false, "assume that a layer, not given with --layer, supplies what is missing: bootstrap, interpreter, libraries")
	f.BoolVar(&boot, "boot", false, "also start the function and send it an event; only for zips that you trust")
	f.StringArrayVar(&deploys, "deploy", nil, "compare this deploy `FILE` with the zips; may be repeated")
	f.StringSliceVar(&handlers, "handlers", nil, "with --boot: values of _HANDLER to try")
	around.flags(c)
	complete(c, "arch", "amd64", "arm64")
	a.reportFormat(c)
	return c
}

// zippedFunction returns the function whose zip, NAME-ARCH.zip in dist, the file is, or the
// zero value.
func zippedFunction(file string, functions []project.Function) (none project.Function) {
	dir, base := filepath.Split(filepath.Clean(file))
	if filepath.Base(dir) != distDir {
		return none
	}
	for _, f := range functions {
		for _, arch := range project.Architectures() {
			if base == f.Name+"-"+string(arch)+".zip" {
				return f
			}
		}
	}
	return none
}

// zipFiles expands the arguments to files, each once.
func zipFiles(args []string) ([]string, error) {
	var all []string
	for _, arg := range args {
		files, err := filesOf(arg)
		if err != nil {
			return nil, err
		}
		for _, f := range files {
			if !slices.Contains(all, f) {
				all = append(all, f)
			}
		}
	}
	return all, nil
}

func filesOf(arg string) ([]string, error) {
	info, err := os.Stat(arg)
	switch {
	case err == nil && info.IsDir():
		if files := (zipSet{dirs: []string{arg}}).list(); len(files) > 0 {
			return files, nil
		}
		return nil, hint.New("give a zip; bootzip package makes those of a project, in dist", "directory %q has no .zip file", arg)
	case err == nil:
		return []string{arg}, nil
	case !errors.Is(err, fs.ErrNotExist):
		return nil, err
	}
	files, globErr := filepath.Glob(arg)
	if globErr != nil || len(files) == 0 {
		return nil, err // there is no such file; a pattern without a match says the same
	}
	return files, nil
}
