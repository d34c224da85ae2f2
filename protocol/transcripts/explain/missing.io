// what is missing is named
$ sf-jwt serve
>> {"jsonrpc":"2.0","id":1,"method":"explain","params":{}}
<< {"jsonrpc":"2.0","id":1,"error":{"code":-32602,"message":"parameter `code` is missing","data":{"kind":"usage","reason":"missing-parameter","retryable":false,"hint":null,"causes":[],"links":[],"field":"code"}}}
