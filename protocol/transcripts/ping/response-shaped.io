// answers to nothing are ignored
$ sf-jwt serve
>> {"jsonrpc":"2.0","id":1,"result":{}}
>> {"jsonrpc":"2.0","id":1,"error":{"code":1,"message":"x"}}
>> {"jsonrpc":"2.0","id":2,"method":"ping"}
<< {"jsonrpc":"2.0","id":2,"result":{}}
