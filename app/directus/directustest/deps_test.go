package directustest

import (
	"testing"

	"directuschat/app/deptest"
)

func TestImports(t *testing.T) {
	const noChat = "this is a Directus, and Directus does not know the chat"
	deptest.Check(t, deptest.Rules{
		Never: map[string]string{
			"directuschat":                          noChat,
			"directuschat/app/chat":                 noChat,
			"directuschat/app/client":               noChat,
			"directuschat/app/provision":            noChat,
			"directuschat/app/directus/directuslab": "the fake answers within the process; the real one is another program",
		},
		Native: true,
	})
}
