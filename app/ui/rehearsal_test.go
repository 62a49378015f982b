package ui

import (
	"context"
	"testing"

	"github.com/stretchr/testify/assert"
)

// Ensure that whoever presses the button does not wait for what was to be done in moments of rest.
func TestInMoments(t *testing.T) {
	ctx, end := context.WithCancel(context.Background())
	end()
	inMoments(ctx, 3, func() { assert.Fail(t, "it goes on") })
}
