// a maintenance page instead of an answer
$ sf-jwt emulator --fault html
$ sf-jwt serve
>> {"jsonrpc":"2.0","id":1,"method":"token","params":{"org":"acme"}}
<< {"jsonrpc":"2.0","id":1,"error":{"code":1031,"message":"<message-2>","data":{"kind":"unexpected","reason":"html-page","retryable":true,"hint":"<hint-1>","causes":["..."],"links":["..."],"httpStatus":503}}}
