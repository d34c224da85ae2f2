// header names in any case and order, others ignored
$ sf-jwt serve
>>| "content-type: application/vscode-jsonrpc; charset=utf8\r\nCONTENT-LENGTH:40\r\n\r\n{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"ping\"}"
<< {"jsonrpc":"2.0","id":1,"result":{}}
>>| "Content-Length: 40\r\n\r\n{\"jsonrpc\":\"2.0\",\"id\":2,\"method\":\"ping\"}"
<< {"jsonrpc":"2.0","id":2,"result":{}}
