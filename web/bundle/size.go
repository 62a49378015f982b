package main

import (
	"fmt"
	"io"
	"io/fs"
	"os"
	"text/tabwriter"

	"directuschat/web"
)

// A weight is the bytes of something: as it is, and compressed.
type weight struct{ raw, gzip, brotli int64 }

func (w weight) plus(o weight) weight {
	return weight{w.raw + o.raw, w.gzip + o.gzip, w.brotli + o.brotli}
}

// programFile is the asset that is most of what is downloaded.
const programFile = "app.wasm"

// frame is what a first visit needs before the program: the page and everything it loads but the program itself. The
// page is weighed as a template.
var frame = []string{"app.css", "boot.js", "compiler.js", "loader.js"}

// reportSizes prints what a visitor downloads from the built files, and holds it against the committed figures: it is an error to be more
// than a few percent above them. With a reason it commits to what is there instead. Our own scripts are weighed without Go's, which
// loader.js begins with, as from would have them.
func reportSizes(out io.Writer, from, files fs.FS, figures, reason string) error {
	built, err := web.Open(files)
	if err != nil {
		return err
	}
	weights, err := printWeights(out, from, files, built)
	if err != nil {
		return err
	}
	if reason != "" {
		return acceptFigures(figures, weights, reason)
	}
	text, err := os.ReadFile(figures)
	if err != nil {
		return fmt.Errorf("read the committed figures: %w", err)
	}
	committed, err := parseFigures(string(text))
	if err != nil {
		return fmt.Errorf("%s: %w", figures, err)
	}
	fmt.Fprintln(out)
	return compareFigures(out, committed, weights)
}

// printWeights prints each file's weight, and returns those that have a figure, in the order of limits.
func printWeights(out io.Writer, from, files fs.FS, built *web.Bundle) ([]int64, error) {
	whole, err := weighAsset(built, programFile)
	if err != nil {
		return nil, err
	}
	text, err := fs.ReadFile(files, web.PageTemplate)
	if err != nil {
		return nil, err
	}
	page, err := weigh(text)
	if err != nil {
		return nil, err
	}
	own, err := weighScripts(from)
	if err != nil {
		return nil, err
	}

	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', tabwriter.AlignRight)
	row := func(name string, w weight) {
		fmt.Fprintf(table, "%d\t%d\t%d\t  %s\n", w.raw, w.gzip, w.brotli, name)
	}
	fmt.Fprintf(table, "raw\tgzip\tbrotli\t  bytes\n")
	row(programFile, whole)
	row(web.PageTemplate, page)
	total := page
	for _, name := range frame {
		w, err := weighAsset(built, name)
		if err != nil {
			return nil, err
		}
		row(name, w)
		total = total.plus(w)
	}
	row("of these, our own scripts", own)
	row("page, scripts and style together", total)
	return []int64{whole.brotli, total.brotli, own.brotli}, table.Flush()
}

func weighAsset(built *web.Bundle, name string) (weight, error) {
	asset, ok := built.Assets[name]
	if !ok {
		return weight{}, fmt.Errorf("the bundle has no %s", name)
	}
	br, err := built.Brotli(asset)
	if err != nil {
		return weight{}, err
	}
	gz, err := built.Gzip(asset)
	return weight{asset.Size, int64(len(gz)), int64(len(br))}, err
}

func weighScripts(sources fs.FS) (weight, error) {
	scripts, err := web.Scripts(sources, nil)
	if err != nil {
		return weight{}, err
	}
	var own weight
	for _, text := range scripts {
		w, err := weigh(text)
		if err != nil {
			return weight{}, err
		}
		own = own.plus(w)
	}
	return own, nil
}

func weigh(text []byte) (weight, error) {
	br, err := compressBrotli(text)
	if err != nil {
		return weight{}, err
	}
	gz, err := compressGzip(text)
	return weight{int64(len(text)), int64(len(gz)), int64(len(br))}, err
}
