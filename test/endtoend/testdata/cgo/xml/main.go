// Program xml answers with the text of the XML document that is its event, using Debian's
// libxml2.
package main

// #cgo pkg-config: libxml-2.0
// #include <stdlib.h>
// #include <libxml/parser.h>
// #include <libxml/xpath.h>
//
// static char *text(const char *xml, int n) {
//	xmlDoc *doc = xmlReadMemory(xml, n, "event.xml", NULL, XML_PARSE_NONET | XML_PARSE_NOERROR);
//	if (doc == NULL) return NULL;
//	char *s = (char *)xmlNodeGetContent(xmlDocGetRootElement(doc));
//	xmlFreeDoc(doc);
//	return s;
// }
import "C"

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"unsafe"
)

func main() {
	api := "http://" + os.Getenv("AWS_LAMBDA_RUNTIME_API") + "/2018-06-01/runtime/invocation/"
	for {
		next, err := http.Get(api + "next")
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		data, _ := io.ReadAll(next.Body)
		next.Body.Close()
		var in string
		_ = json.Unmarshal(data, &in)
		c := C.CString(in)
		s := C.text(c, C.int(len(in)))
		C.free(unsafe.Pointer(c))
		out, _ := json.Marshal(C.GoString(s))
		C.free(unsafe.Pointer(s))
		resp, err := http.Post(api+next.Header.Get("Lambda-Runtime-Aws-Request-Id")+"/response", "application/json", bytes.NewReader(out))
		if err == nil {
			resp.Body.Close()
		}
	}
}
