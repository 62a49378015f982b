package main

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestChooseCoding(t *testing.T) {
	tests := map[string]string{
		"":                               codingIdentity,
		"identity":                       codingIdentity,
		"gzip, deflate, br, zstd":        codingBrotli,
		"gzip, deflate":                  codingGzip,
		"GZIP":                           codingGzip,
		"br;q=0, gzip":                   codingGzip,
		"br;q=0, gzip;q=0":               codingIdentity,
		"br;q=0.0,gzip;q=0.000":          codingIdentity,
		"br;q=0.5, gzip":                 codingGzip,
		"br;q=0.5, gzip;q=0.5":           codingBrotli,
		"br ; q = 0.8, gzip ; q=0.9":     codingBrotli, // spaces around = are not allowed: br has no readable q
		"*":                              codingBrotli,
		"*;q=0":                          codingIdentity,
		"br;q=0, *":                      codingGzip,
		"identity, br;q=0.5":             codingIdentity,
		"identity;q=0.5, gzip;q=0.2":     codingIdentity,
		"gzip;q=much":                    codingIdentity,
		"gzip;q=NaN":                     codingIdentity,
		"deflate":                        codingIdentity,
		", ,gzip;level=9;q=1":            codingGzip,
		"identity;q=0, br;q=0, gzip;q=0": codingIdentity,
	}
	for header, want := range tests {
		assert.Equal(t, want, chooseCoding(header), "Accept-Encoding: %s", header)
	}
}
