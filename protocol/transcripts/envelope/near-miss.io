// a method that nearly exists
$ sf-jwt serve
>> {"jsonrpc":"2.0","id":1,"method":"verify-conection"}
<< {"jsonrpc":"2.0","id":1,"error":{"code":-32601,"message":"there is no such method","data":{"kind":"protocol","reason":"method-not-found","retryable":false,"hint":"<hint-1>","causes":[],"links":[]}}}
