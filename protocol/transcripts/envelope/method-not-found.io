// the specification's example of a method that is not there
$ sf-jwt serve
>> {"jsonrpc": "2.0", "method": "foobar", "id": "1"}
<< {"jsonrpc":"2.0","id":"1","error":{"code":-32601,"message":"there is no such method","data":{"kind":"protocol","reason":"method-not-found","retryable":false,"hint":"<hint-1>","causes":[],"links":[]}}}
