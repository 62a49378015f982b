package main

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"os"
	"runtime"
	"runtime/debug"

	"github.com/andybalholm/brotli"
)

// A coding is one way files are compressed.
type coding struct {
	name     string
	ext      string
	compress func([]byte) ([]byte, error)
	reader   func(io.Reader) (io.Reader, error)
}

var codings = []coding{
	{"brotli", ".br", compressBrotli, func(r io.Reader) (io.Reader, error) { return brotli.NewReader(r), nil }},
	{"gzip", ".gz", compressGzip, func(r io.Reader) (io.Reader, error) { return gzip.NewReader(r) }},
}

func compressBrotli(content []byte) ([]byte, error) {
	var out bytes.Buffer
	w := brotli.NewWriterLevel(&out, brotli.BestCompression)
	if _, err := w.Write(content); err != nil {
		return nil, err
	}
	err := w.Close()
	return out.Bytes(), err
}

func compressGzip(content []byte) ([]byte, error) {
	var out bytes.Buffer
	w, err := gzip.NewWriterLevel(&out, gzip.BestCompression)
	if err != nil {
		return nil, err
	}
	if _, err := w.Write(content); err != nil {
		return nil, err
	}
	err = w.Close()
	return out.Bytes(), err
}

// holds reports whether the file is content, compressed. Decompressing is hundreds of times faster than compressing,
// and finds files that were damaged.
func (c coding) holds(file string, content []byte) bool {
	f, err := os.Open(file)
	if err != nil {
		return false
	}
	defer f.Close()
	r, err := c.reader(f)
	if err != nil {
		return false
	}
	old, err := io.ReadAll(r)
	return err == nil && bytes.Equal(old, content)
}

// encoderName names everything that decides which bytes a content is compressed to.
func encoderName() string {
	version := "unknown"
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, dep := range info.Deps {
			if dep.Path == "github.com/andybalholm/brotli" {
				version = dep.Version
			}
		}
	}
	return fmt.Sprintf("brotli %s, level %d; gzip of %s, level %d",
		version, brotli.BestCompression, runtime.Version(), gzip.BestCompression)
}
