// the same errors as token
$ sf-jwt serve
>> {"jsonrpc":"2.0","id":1,"method":"preview","params":{}}
<< {"jsonrpc":"2.0","id":1,"error":{"code":1010,"message":"<message-2>","data":{"kind":"profile","reason":"no-org","retryable":false,"hint":"<hint-1>","causes":["..."],"links":["..."],"field":"org"}}}
