// a parameter that is needed
$ sf-jwt serve
>> {"jsonrpc":"2.0","id":1,"method":"install-url","params":{"appId":"0Ci5e000000bn6b"}}
<< {"jsonrpc":"2.0","id":1,"error":{"code":-32602,"message":"parameter `target` is missing","data":{"kind":"usage","reason":"missing-parameter","retryable":false,"hint":null,"causes":[],"links":[],"field":"target"}}}
