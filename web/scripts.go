package web

import (
	"bytes"
	"fmt"
	"io/fs"
	"path"
	"regexp"
	"slices"
)

// Scripts are the page's scripts as they are served, by name, of the sources in js below a folder. A file there is a script;
// so is a folder, NAME.js, of its files in the order of their names: each request more, to a first visit, is a piece of two
// processors, and was 2 % of the time until something is painted. glue is Go's wasm_exec.js, with which loader.js begins;
// without it, what is left is our own.
func Scripts(sources fs.FS, glue []byte) (map[string][]byte, error) {
	files, err := fs.Glob(sources, "js/*.js")
	if err != nil {
		return nil, err
	}
	parts, err := fs.Glob(sources, "js/*/*.js")
	if err != nil {
		return nil, err
	}
	scripts := map[string][]byte{}
	if glue != nil {
		scripts["loader.js"] = append(bytes.Clone(glue), '\n')
	}
	for _, file := range append(files, parts...) {
		name := path.Base(file)
		if folder := path.Base(path.Dir(file)); folder != "js" {
			name = folder + ".js"
			if slices.Contains(files, "js/"+name) {
				return nil, fmt.Errorf("%s is a file and a folder", name)
			}
		}
		text, err := fs.ReadFile(sources, file)
		if err != nil {
			return nil, err
		}
		scripts[name] = append(scripts[name], remarks.ReplaceAllLiteral(text, nil)...)
		if !bytes.HasSuffix(text, []byte("\n")) { // its last line may end with a remark
			scripts[name] = append(scripts[name], '\n')
		}
	}
	return scripts, nil
}

// remarks are the lines of our scripts that hold nothing but a comment: a quarter of what they weigh, compressed.
var remarks = regexp.MustCompile(`(?m)^[ \t]*//.*\n`)
