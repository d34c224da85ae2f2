// Salesforce refuses: client-id-unknown
$ sf-jwt emulator --fault client-id-unknown
$ sf-jwt serve
>> {"jsonrpc":"2.0","id":1,"method":"token","params":{"org":"acme"}}
<< {"jsonrpc":"2.0","id":1,"error":{"code":1020,"message":"<message-4>","data":{"kind":"refused","reason":"client-id-unknown","retryable":false,"hint":"<hint-1>","causes":["..."],"links":["..."],"oauthError":"<oauthError-2>","oauthDescription":"<oauthDescription-3>","httpStatus":400}}}
