// an empty object
$ sf-jwt serve
>> {"jsonrpc":"2.0","id":1,"method":"ping"}
<< {"jsonrpc":"2.0","id":1,"result":{}}
