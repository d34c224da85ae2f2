// no token lives that long
$ sf-jwt serve
>> {"jsonrpc":"2.0","id":1,"method":"token","params":{"org":"acme","minValiditySeconds":999999}}
<< {"jsonrpc":"2.0","id":1,"error":{"code":-32602,"message":"no token of this org is handed out for longer than 600 s","data":{"kind":"usage","reason":"invalid-parameter","retryable":false,"hint":"<hint-1>","causes":[],"links":[],"field":"minValiditySeconds"}}}
