// a check
$ sf-jwt serve
>> {"jsonrpc":"2.0","id":1,"method":"explain","params":{"code":"grant.accepted"}}
<< {"jsonrpc":"2.0","id":1,"result":{"code":"grant.accepted","kind":"check","...":"..."}}
