// Command chat is the browser program: compiled to WebAssembly, loaded by web/js/loader, configured by the data-*
// attributes of web/page.html. It only wires: storage, the connection to Directus, the client, the interface, and what
// the browser knows of network and window.
//
// A panic on any goroutine ends a Go program. The loader waits for that end and says so on the page; what is in the
// outbox is stored, so a reload goes on where it stopped.
package main
