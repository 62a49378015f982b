package web_test

import (
	"testing"

	"directuschat/app/deptest"
)

func TestImports(t *testing.T) {
	deptest.Check(t, deptest.Rules{
		Native: true,
		Never: map[string]string{
			"net/http": "which header a file is served with is decided in cmd/chatd",
		},
	})
}
