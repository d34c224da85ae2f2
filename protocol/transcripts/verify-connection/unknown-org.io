// an unknown org is an error
$ sf-jwt serve
>> {"jsonrpc":"2.0","id":1,"method":"verify-connection","params":{"org":"nowhere"}}
<< {"jsonrpc":"2.0","id":1,"error":{"code":1010,"message":"<message-2>","data":{"kind":"profile","reason":"unknown-org","retryable":false,"hint":"<hint-1>","causes":["..."],"links":["..."],"field":"org"}}}
