package main

import (
	"cmp"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"
	"text/tabwriter"

	"directuschat/web/wasm"
)

// The parts of the report: packages and functions above these places are left to "the rest".
const (
	topPackages  = 40
	topFunctions = 20
)

// A share is what a package has in the program.
type share struct {
	name      string
	functions int
	code      []byte
}

// reportPackages links the program with the names of its functions and prints which packages their code comes from.
func reportPackages(out io.Writer) error {
	module, err := wasm.Build(browserProgram, "")
	if err != nil {
		return err
	}
	file, err := readWasm(module)
	if err != nil {
		return fmt.Errorf("read the program: %w", err)
	}
	paths, err := wasm.Packages(browserProgram)
	if err != nil {
		return err
	}
	return printPackages(out, file, paths)
}

// printPackages prints the largest packages and functions. Compressed is a package's code by itself, by gzip, which is
// quick: it says what is worth looking at, not what leaves with the package.
func printPackages(out io.Writer, file wasmFile, paths []string) error {
	shares := packageShares(file, paths)
	total := 0
	for _, f := range file.functions {
		total += len(f.code)
	}

	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintf(table, "code\tof code\tcompressed\tfunctions\t  package\n")
	row := func(s share) error {
		compressed, err := compressGzip(s.code)
		fmt.Fprintf(table, "%d\t%.1f %%\t%d\t%d\t  %s\n",
			len(s.code), 100*float64(len(s.code))/float64(max(total, 1)), len(compressed), s.functions, s.name)
		return err
	}
	var rest share
	for i, s := range shares {
		if i < topPackages {
			if err := row(s); err != nil {
				return err
			}
			continue
		}
		rest.name = fmt.Sprintf("the other %d", i+1-topPackages)
		rest.functions += s.functions
		rest.code = append(rest.code, s.code...)
	}
	if rest.functions > 0 {
		if err := row(rest); err != nil {
			return err
		}
	}
	fmt.Fprintf(table, "%d\t\t\t%d\t  all code\n", total, len(file.functions))
	fmt.Fprintf(table, "%d\t\t\t\t  data: strings, types, tables, and lines and stack maps of the functions\n", file.data)
	if err := table.Flush(); err != nil {
		return err
	}

	fmt.Fprintf(out, "\nthe largest functions\n")
	largest := slices.SortedStableFunc(slices.Values(file.functions), func(a, b function) int {
		return cmp.Compare(len(b.code), len(a.code))
	})
	for _, f := range largest[:min(topFunctions, len(largest))] {
		if _, err := fmt.Fprintf(out, "%9d  %s\n", len(f.code), f.name); err != nil {
			return err
		}
	}
	return nil
}

// packageShares sums the functions up by package, the largest first.
func packageShares(file wasmFile, paths []string) []share {
	byName := map[string]*share{}
	packageOf := packageNames(paths)
	for _, f := range file.functions {
		name := packageOf(f.name)
		s, ok := byName[name]
		if !ok {
			s = &share{name: name}
			byName[name] = s
		}
		s.functions++
		s.code = append(s.code, f.code...)
	}
	var shares []share
	for _, s := range byName {
		shares = append(shares, *s)
	}
	slices.SortFunc(shares, func(a, b share) int {
		return cmp.Or(cmp.Compare(len(b.code), len(a.code)), strings.Compare(a.name, b.name))
	})
	return shares
}

// unnamed are the characters that the linker does not put into names: it makes underscores of them.
var unnamed = regexp.MustCompile(`[^\w.]`)

// packageNames returns a function that tells a function's package from its name. Instances of generic functions belong
// to the package that declares them, whoever needs them.
func packageNames(paths []string) func(name string) string {
	byPrefix := map[string]string{"main": browserProgram, "type_": "equality and hashes of types, made by the compiler"}
	for _, p := range paths {
		byPrefix[unnamed.ReplaceAllString(p, "_")] = p
	}
	return func(name string) string {
		for end, c := range name {
			if c == '.' {
				if p, ok := byPrefix[name[:end]]; ok {
					return p
				}
			}
		}
		return "other"
	}
}
