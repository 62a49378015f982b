package doctor

import (
	"context"
	"fmt"
	"slices"
	"strings"
)

const (
	people    = "directus_users"
	files     = "directus_files"
	fixTaken  = "take the right away, in Data Studio, from every policy of this user that gives it"
	fixPublic = "take these rights away from the policy Public in Data Studio, under Settings, Access Policies"
)

// publicRights reads what people without a log-in may do with the chat, its names and its people.
func publicRights(_ context.Context, x *exam) (*Finding, error) {
	var open []string
	for _, r := range x.public {
		if r.ID != 0 && x.isOfChat(r.Collection) {
			open = append(open, r.Action+" "+r.Collection)
		}
	}
	if open == nil {
		return nil, nil
	}
	slices.Sort(open)
	return &Finding{
		What:  "without a log-in anybody may " + strings.Join(slices.Compact(open), ", "),
		Means: "strangers can read the conversation, write into it, or collect addresses; nobody knows who they are",
		Fix:   fixPublic,
	}, nil
}

func (x *exam) isOfChat(collection string) bool {
	return slices.Contains([]string{x.Mapping.Collection, x.Mapping.Profiles, x.Mapping.Reactions, people}, collection)
}

// publicWrites reads what people without a log-in may change elsewhere. Of Directus's own collections nothing is harmless;
// what others are for only the operator knows.
func publicWrites(_ context.Context, x *exam) (*Finding, error) {
	var open, others []string
	for _, r := range x.public {
		switch what := r.Action + " " + r.Collection; {
		case r.ID == 0 || !slices.Contains([]string{"create", "update", "delete"}, r.Action) || x.isOfChat(r.Collection):
		case strings.HasPrefix(r.Collection, "directus_"):
			open = append(open, what)
		default:
			others = append(others, what)
		}
	}
	if others != nil {
		slices.Sort(others)
		x.notes = append(x.notes, "without a log-in anybody may "+strings.Join(slices.Compact(others), ", ")+": see that this is meant; it has nothing to do with the chat")
	}
	if open == nil {
		return nil, nil
	}
	slices.Sort(open)
	return &Finding{
		What:  "without a log-in anybody may " + strings.Join(slices.Compact(open), ", "),
		Means: "strangers can change what the project is made of, or fill its disk and put files of theirs at its address",
		Fix:   fixPublic,
	}, nil
}

func registrationOpen(_ context.Context, x *exam) (*Finding, error) {
	if p := x.info.Project; !p.Registration || p.VerifyEmail {
		return nil, nil
	}
	return &Finding{
		What:  "anybody can make an account, with any e-mail address",
		Means: "strangers can come in under other people's addresses, as often as they like",
		Fix:   "switch on Verify Email, or switch User Registration off, in Data Studio under Settings",
	}, nil
}

func policyWide(_ context.Context, x *exam) (*Finding, error) {
	var rights, means string
	switch {
	case x.chatters.Admin:
		rights, means = "administrators of the whole project", "they can do everything, to everything"
	case x.chatters.App:
		rights, means = "users of Data Studio", "each of them takes one of the seats of a licence, and sees more of the project than the chat"
	default:
		return nil, nil
	}
	return &Finding{
		What:  "the policy Chat makes people who chat " + rights,
		Means: means,
		Fix:   "switch off Admin Access and App Access of the policy Chat in Data Studio; give them to those who need them by another policy",
	}, nil
}

// userInStudio looks for another policy than Chat that lets this user into Data Studio.
func userInStudio(_ context.Context, x *exam) (*Finding, error) {
	if !x.globals.App {
		return nil, nil
	}
	return &Finding{
		What:  "this user may use Data Studio",
		Means: "somebody who only chats takes one of the seats of a licence, and sees more of the project than the chat: the list of people, for one",
		Fix: "switch off App Access, in Data Studio under Settings, Access Policies, of the policy that this user or their role has beside Chat, or take " +
			"that policy away from them; if they work in Data Studio, give chatd doctor somebody who only chats as -user-email",
	}, nil
}

func userShutOut(_ context.Context, x *exam) (*Finding, error) {
	m := x.Mapping
	var lacking []string
	need := func(action, collection string, fields ...string) {
		right := x.rights[collection][action]
		if !right.some() {
			lacking = append(lacking, action+" "+collection)
			return
		}
		for _, name := range fields {
			if !right.field(name) {
				lacking = append(lacking, fmt.Sprintf("%s %s.%s", action, collection, name))
			}
		}
	}
	need("read", m.Collection, m.ID, m.Content, m.Author, m.Created)
	need("create", m.Collection, m.Content)
	if m.Profiles != "" {
		need("read", m.Profiles, "id", "name")
	}
	if lacking == nil {
		return nil, nil
	}
	return &Finding{
		What:  "this user may not " + strings.Join(lacking, ", "),
		Means: "the chat does not work for them, or not completely",
		Fix: "chatd setup -grant-user E-MAIL, or -grant-role NAME; if they could before an upgrade to Directus 12: without a licence it ignores " +
			"permissions with rules of their own, and chatd setup makes others",
	}, nil
}

func namesForged(_ context.Context, x *exam) (*Finding, error) {
	var open []string
	for _, action := range []string{"create", "update", "delete"} {
		if x.Mapping.Profiles != "" && x.rights[x.Mapping.Profiles][action].some() {
			open = append(open, action)
		}
	}
	if open == nil {
		return nil, nil
	}
	return &Finding{
		What:  fmt.Sprintf("this user may %s %s", strings.Join(open, ", "), x.Mapping.Profiles),
		Means: "people can take the names of others",
		Fix:   fixTaken,
	}, nil
}

// accountsWritable looks for ways to another account, or to more rights with one's own.
func accountsWritable(_ context.Context, x *exam) (*Finding, error) {
	rights := x.rights[people]
	update := rights["update"]
	var open []string
	for _, action := range []string{"create", "delete"} {
		if rights[action].some() {
			open = append(open, action+" accounts")
		}
	}
	if update.Access == "full" {
		open = append(open, "change the accounts of others")
	}
	if update.field("role") || update.field("policies") {
		open = append(open, "choose a role or policy for an account")
	}
	if open == nil {
		return nil, nil
	}
	return &Finding{
		What:  "this user may " + strings.Join(open, ", "),
		Means: "whoever chats can become an administrator",
		Fix:   fixTaken,
	}, nil
}

func filesReadable(_ context.Context, x *exam) (*Finding, error) {
	if x.rights[files]["read"].Access != "full" {
		return nil, nil
	}
	return &Finding{
		What:  "this user may read all files of the project",
		Means: "people who chat can find and download every file, whatever it is for; the chat needs none",
		Fix:   fixTaken,
	}, nil
}

// uploadsOpen is nothing to those who may not upload.
func uploadsOpen(_ context.Context, x *exam) (*Finding, error) {
	if !x.rights[files]["create"].some() || !slices.Contains(x.info.Files.MimeTypeAllowList, "*/*") {
		return nil, nil
	}
	return &Finding{
		What:  "this user may upload files of every type",
		Means: "people who chat can put programs and pages of theirs at Directus's own address, where others trust them; the chat needs no files",
		Fix:   fixTaken + "; or, if they need it, set FILES_MIME_TYPE_ALLOW_LIST of Directus to what they need, such as image/png,image/jpeg",
	}, nil
}
