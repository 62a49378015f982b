package client

import (
	"directuschat"
	"directuschat/app/directus"
)

// MessagesSubscription is what a page subscribes to for messages, in a project as setup makes it.
func MessagesSubscription() directus.Subscription {
	return project{Mapping: directuschat.DefaultMapping}.subscriptions()[0]
}
