package relay

import (
	"testing"

	"directuschat/app/deptest"
)

func TestImports(t *testing.T) {
	const alone = "the relay carries sockets; it is told what it has to know"
	deptest.Check(t, deptest.Rules{
		Native:     true,
		NeverReach: map[string]string{"directuschat/app/...": alone, "directuschat/web/...": alone, "log/slog": alone},
	})
}
