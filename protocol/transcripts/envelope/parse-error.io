// the specification's example of invalid JSON
$ sf-jwt serve
>> {"jsonrpc": "2.0", "method": "foobar, "params": "bar", "baz]
<< {"jsonrpc":"2.0","id":null,"error":{"code":-32700,"message":"the frame is not JSON: line 1, column 40","data":{"kind":"protocol","reason":"parse-error","retryable":false,"hint":null,"causes":[],"links":[]}}}
>> {"jsonrpc":"2.0","id":2,"method":"ping"}
<< {"jsonrpc":"2.0","id":2,"result":{}}
