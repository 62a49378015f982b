package fanout

import (
	"testing"

	"directuschat/app/deptest"
)

func TestImports(t *testing.T) {
	const noChat = "it knows subscriptions and rights, and not what they are for"
	deptest.Check(t, deptest.Rules{
		Native:     true,
		NeverReach: map[string]string{"directuschat/app/chat": noChat, "directuschat/app/client": noChat, "directuschat/app/provision": noChat, "directuschat/web/...": noChat},
	})
}
