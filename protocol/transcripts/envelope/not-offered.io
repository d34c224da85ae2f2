// --methods: the others are not there
$ sf-jwt serve --methods install-url
>> {"jsonrpc":"2.0","id":1,"method":"token","params":{"org":"acme"}}
<< {"jsonrpc":"2.0","id":1,"error":{"code":-32601,"message":"there is no such method","data":{"kind":"protocol","reason":"method-not-found","retryable":false,"hint":"<hint-1>","causes":[],"links":[]}}}
>> {"jsonrpc":"2.0","id":2,"method":"ping"}
<< {"jsonrpc":"2.0","id":2,"result":{}}
