// no such code: the nearest one is named
$ sf-jwt serve
>> {"jsonrpc":"2.0","id":1,"method":"explain","params":{"code":"user-not-aproved"}}
<< {"jsonrpc":"2.0","id":1,"error":{"code":-32602,"message":"<message-1>","data":{"kind":"usage","reason":"invalid-parameter","retryable":false,"hint":"did you mean `user-not-approved`?","causes":[],"links":[],"field":"code"}}}
