package directus_test

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"directuschat/app/directus"
)

func TestVersionSince(t *testing.T) {
	for version, want := range map[string]bool{
		"12.1.0": true, "12.4.0": true, "12.1": true, "12.10.0": true, "13.0.0": true, "12.1.0-rc.1": true,
		"12.0.9": false, "11.17.4": false, "12": false, "": false, "next": false, "v12.4.0": false,
	} {
		assert.Equal(t, want, directus.VersionSince(version, 12, 1), version)
	}
}
