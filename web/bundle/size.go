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

// frame is what a first visit needs before the program: the page and everything it loads but the program itself. The
// page is weighed as a template.
var frame = []string{"boot.js", "picture.js", "loader.js", "wasm_exec.js", "app.css"}

// printSizes prints what a visitor downloads.
func printSizes(out io.Writer) error {
	files := os.DirFS(dist)
	built, err := web.Open(files)
	if err != nil {
		return err
	}
	program, err := weighAsset(built, "app.wasm")
	if err != nil {
		return err
	}
	page, err := weighTemplate(files, web.PageTemplate)
	if err != nil {
		return err
	}

	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', tabwriter.AlignRight)
	row := func(name string, w weight) {
		fmt.Fprintf(table, "%d\t%d\t%d\t  %s\n", w.raw, w.gzip, w.brotli, name)
	}
	fmt.Fprintf(table, "raw\tgzip\tbrotli\t  bytes\n")
	row("app.wasm", program)
	row(web.PageTemplate, page)
	total := page
	for _, name := range frame {
		w, err := weighAsset(built, name)
		if err != nil {
			return err
		}
		row(name, w)
		total = total.plus(w)
	}
	row("page, scripts and style together", total)
	return table.Flush()
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

func weighTemplate(files fs.FS, name string) (weight, error) {
	text, err := fs.ReadFile(files, name)
	if err != nil {
		return weight{}, err
	}
	br, err := compressBrotli(text)
	if err != nil {
		return weight{}, err
	}
	gz, err := compressGzip(text)
	return weight{int64(len(text)), int64(len(gz)), int64(len(br))}, err
}
