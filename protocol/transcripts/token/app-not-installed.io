// the app is not in this org
$ sf-jwt serve --allow-loopback
>> {"jsonrpc":"2.0","id":1,"method":"token","params":{"connection":{"clientId":"<client-id>","username":"integration@globex.example","loginUrl":"<globex-url>","key":"file:<key>"}}}
<< {"jsonrpc":"2.0","id":1,"error":{"code":1020,"message":"<message-4>","data":{"kind":"refused","reason":"app-not-installed","retryable":false,"hint":"<hint-1>","causes":["..."],"links":["..."],"oauthError":"<oauthError-2>","oauthDescription":"<oauthDescription-3>","httpStatus":400}}}
