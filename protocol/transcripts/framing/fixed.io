// --framing lines: nothing is guessed
$ sf-jwt serve --framing lines
>>| "hello\n"
<< {"jsonrpc":"2.0","id":null,"error":{"code":-32700,"message":"the frame is not JSON: line 1, column 1","data":{"kind":"protocol","reason":"parse-error","retryable":false,"hint":null,"causes":[],"links":[]}}}
>>| "{\"jsonrpc\":\"2.0\",\"id\":2,\"method\":\"ping\"}\n"
<< {"jsonrpc":"2.0","id":2,"result":{}}
