package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"

	"directuschat/web"
)

// A source is a file to become an asset, by its logical name.
type source struct {
	name    string
	content []byte
}

// assetFiles are the sources that lie in web/, besides the scripts.
var assetFiles = []string{"css/*.css", "icons/*.svg", "icons/*.png", "emoji/*.txt"}

// contentTypes by extension. The system's own table differs from machine to machine.
var contentTypes = map[string]string{
	".css":  "text/css; charset=utf-8",
	".js":   "text/javascript; charset=utf-8",
	".svg":  "image/svg+xml",
	".png":  "image/png",
	".txt":  "text/plain; charset=utf-8",
	".wasm": "application/wasm",
}

// templates lie in web/ and go into dist unchanged; chatd fills them in when it starts.
var templates = []string{web.PageTemplate, web.WorkerTemplate, web.ManifestTemplate}

// bundle writes dist: what it finds in from, and the program with the script that runs it. Files of earlier builds go.
func bundle(from fs.FS, dist string, program, glue []byte, log io.Writer) error {
	assets, err := readAssets(from, glue)
	if err != nil {
		return err
	}
	assets = append(assets, source{programFile, program})

	index := web.Index{Encoder: encoderName(), Assets: map[string]web.Asset{}}
	keep := map[string]bool{"placeholder": true, web.IndexFile: true}
	version := sha256.New()
	reuse := previousEncoder(dist) == index.Encoder

	for _, s := range assets {
		asset, err := describe(s)
		if err != nil {
			return err
		}
		index.Assets[s.name] = asset
		for _, c := range codings {
			file := asset.File + c.ext
			keep[file] = true
			if reuse && c.holds(filepath.Join(dist, file), s.content) {
				continue
			}
			if len(s.content) > 1<<20 {
				fmt.Fprintf(log, "compressing %s (%s) …\n", s.name, c.name)
			}
			compressed, err := c.compress(s.content)
			if err != nil {
				return fmt.Errorf("compress %s: %w", s.name, err)
			}
			if err := write(dist, file, compressed); err != nil {
				return err
			}
		}
	}
	for _, name := range templates {
		text, err := fs.ReadFile(from, name)
		if err != nil {
			return err
		}
		keep[name] = true
		fmt.Fprintf(version, "%s %x\n", name, sha256.Sum256(text))
		if err := write(dist, name, text); err != nil {
			return err
		}
	}

	// Maps are encoded in the order of their keys.
	list, err := json.Marshal(index.Assets)
	if err != nil {
		return err
	}
	version.Write(list)
	index.Version = hex.EncodeToString(version.Sum(nil)[:8])

	text, err := json.MarshalIndent(index, "", "  ")
	if err != nil {
		return err
	}
	// Last, so that a build cut short never shows an index of files that are not there.
	if err := write(dist, web.IndexFile, append(text, '\n')); err != nil {
		return err
	}
	return removeOthers(dist, keep)
}

func readAssets(from fs.FS, glue []byte) ([]source, error) {
	scripts, err := web.Scripts(from, glue)
	if err != nil {
		return nil, err
	}
	var found []source
	for name, content := range scripts {
		found = append(found, source{name, content})
	}
	for _, pattern := range assetFiles {
		names, err := fs.Glob(from, pattern)
		if err != nil {
			return nil, err
		}
		for _, name := range names {
			content, err := fs.ReadFile(from, name)
			if err != nil {
				return nil, err
			}
			found = append(found, source{path.Base(name), content})
		}
	}
	return found, nil
}

func describe(s source) (web.Asset, error) {
	ext := path.Ext(s.name)
	contentType, ok := contentTypes[ext]
	if !ok {
		return web.Asset{}, fmt.Errorf("%s: no content type is known for %q; add one", s.name, ext)
	}
	sum := sha256.Sum256(s.content)
	return web.Asset{
		File:      fmt.Sprintf("%s.%x%s", strings.TrimSuffix(s.name, ext), sum[:8], ext),
		Type:      contentType,
		Size:      int64(len(s.content)),
		Integrity: "sha256-" + base64.StdEncoding.EncodeToString(sum[:]),
	}, nil
}

// previousEncoder is the encoder of the build that dist holds, "" if it holds none.
func previousEncoder(dist string) string {
	previous, err := web.Open(os.DirFS(dist))
	if err != nil {
		return ""
	}
	return previous.Encoder
}

// write replaces a file in one step, so that a build cut short leaves no half file behind. A file that already says so
// is left alone: its time would make go build embed it again.
func write(dir, name string, content []byte) error {
	file := filepath.Join(dir, name)
	if old, err := os.ReadFile(file); err == nil && bytes.Equal(old, content) {
		return nil
	}
	temp, err := os.CreateTemp(dir, ".new-*")
	if err != nil {
		return err
	}
	_, err = temp.Write(content)
	err = errors.Join(err, temp.Chmod(0o644), temp.Close())
	if err == nil {
		err = os.Rename(temp.Name(), file)
	}
	if err != nil {
		os.Remove(temp.Name())
	}
	return err
}

func removeOthers(dir string, keep map[string]bool) error {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	for _, entry := range entries {
		if !keep[entry.Name()] {
			if err := os.Remove(filepath.Join(dir, entry.Name())); err != nil {
				return err
			}
		}
	}
	return nil
}
